export {
  addFieldToModel,
  alterField,
  dropFieldFromModel,
  renameField,
  type AlterFieldOptions,
  type DropFieldOptions,
} from './fields';
export { addIndex, dropIndex } from './indexes';
export { addKey, dropKey } from './keys';
export { addReference, dropReference, type DropReferenceOptions } from './references';
export { createModel, createModels, dropModel, renameModel, type DropModelOptions } from './models';
